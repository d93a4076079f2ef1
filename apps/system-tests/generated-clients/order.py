"""An order's life by the clients that openapi-python-client generates: run.sh copies this beside them and runs it."""

import os
import uuid

from command_api import AuthenticatedClient as CommandClient
from command_api.api.orders import patch_orders_by_id, post_orders
from command_api.models import (
    PatchOrdersByIdBodyType0,
    PatchOrdersByIdBodyType0StatusType1,
    PatchOrdersByIdResponse200,
    PatchOrdersByIdResponse412,
    PostOrdersBodyType0,
    PostOrdersResponse201,
    PostOrdersResponse422,
)
from query_api import AuthenticatedClient as QueryClient
from query_api.api.orders import get_orders, get_orders_by_id
from query_api.models import GetOrdersByIdResponse200, GetOrdersByIdResponse404, GetOrdersStatus

KEY = os.environ["API_KEY"]
command = CommandClient(base_url=os.environ["COMMAND_API_URL"], token=KEY)
query = QueryClient(base_url=os.environ["QUERY_API_URL"], token=KEY)
customer = f"generated-{uuid.uuid4()}"

body = PostOrdersBodyType0(customer=customer, items=["pen", "notebook"])
created = post_orders.sync_detailed(client=command, body=body, idempotency_key=customer)
assert isinstance(created.parsed, PostOrdersResponse201), created
order = created.parsed.id
again = post_orders.sync_detailed(client=command, body=body, idempotency_key=customer)
assert (again.parsed.id, again.headers["idempotency-replayed"]) == (order, "true"), again

version = int(created.headers["etag"].strip('"'))
read = get_orders_by_id.sync(order, client=query, min_version=version)
assert isinstance(read, GetOrdersByIdResponse200), read
assert (read.customer, [line.name for line in read.lines]) == (customer, ["pen", "notebook"]), read
assert read.created_at.tzinfo is not None, read

listed = get_orders.sync(client=query, customer=customer, status=GetOrdersStatus.CREATED, limit=10)
assert [each.id for each in listed] == [order], listed

ship = PatchOrdersByIdBodyType0(status=PatchOrdersByIdBodyType0StatusType1.SHIPPED)
shipped = patch_orders_by_id.sync(order, client=command, body=ship, if_match=f'"{read.version}"')
assert isinstance(shipped, PatchOrdersByIdResponse200), shipped
assert (shipped.status, shipped.version) == ("SHIPPED", 2), shipped

stale = patch_orders_by_id.sync(order, client=command, body=ship, if_match='"1"')
assert isinstance(stale, PatchOrdersByIdResponse412), stale
wrong = post_orders.sync(client=command, body=PostOrdersBodyType0(customer="", items=[]))
assert isinstance(wrong, PostOrdersResponse422), wrong
assert "/customer" in [error.pointer for error in wrong.errors], wrong
missing = get_orders_by_id.sync(f"none-{order}", client=query)
assert isinstance(missing, GetOrdersByIdResponse404), missing
assert missing.code == "order_not_found", missing

print("ok      a client of openapi-python-client creates, reads, lists and changes an order, and is refused")
