// Made from the OpenAPI documents of both APIs by `bun run client`: not edited, and held against them by a test.

/** What any operation of a method may be refused with. */
export interface Always {
  GET: "malformed_header" | "credentials_required" | "credentials_invalid" | "host_not_allowed" | "cross_site_request" | "forbidden" | "invalid_query" | "rate_limited" | "internal_error" | "issuer_unavailable" | "postgres_unavailable" | "overloaded";
  POST: "malformed_header" | "malformed_json" | "credentials_required" | "credentials_invalid" | "host_not_allowed" | "cross_site_request" | "forbidden" | "body_timeout" | "concurrent_update" | "stale_version" | "event_too_large" | "body_too_large" | "body_not_json" | "idempotency_key_reused" | "body_invalid" | "invalid_query" | "rate_limited" | "internal_error" | "issuer_unavailable" | "postgres_unavailable" | "append_queue_full" | "newer_schema" | "shutting_down" | "overloaded";
  PATCH: "malformed_header" | "malformed_json" | "credentials_required" | "credentials_invalid" | "host_not_allowed" | "cross_site_request" | "forbidden" | "body_timeout" | "concurrent_update" | "stale_version" | "event_too_large" | "body_too_large" | "body_not_json" | "idempotency_key_reused" | "body_invalid" | "invalid_query" | "rate_limited" | "internal_error" | "issuer_unavailable" | "postgres_unavailable" | "append_queue_full" | "newer_schema" | "shutting_down" | "overloaded";
  DELETE: "malformed_header" | "credentials_required" | "credentials_invalid" | "host_not_allowed" | "cross_site_request" | "forbidden" | "concurrent_update" | "stale_version" | "event_too_large" | "idempotency_key_reused" | "invalid_query" | "rate_limited" | "internal_error" | "issuer_unavailable" | "postgres_unavailable" | "append_queue_full" | "newer_schema" | "shutting_down" | "overloaded";
}

/** By method and path: what an operation takes and answers, and what it may be refused with. */
export interface Operations {
  "POST /orders": {
    body: 
      | { id?: string | number; orderId?: string | number; currency?: string; customer: string; userId?: string | number; amount?: number; totalAmount?: number; items: ReadonlyArray<string> }
      | { id?: string | number; orderId?: string | number; currency?: string; customer?: string; userId: string | number; amount?: number; totalAmount?: number; items: ReadonlyArray<string> }
      | { id?: string | number; orderId?: string | number; currency?: string; customer?: string; userId: string | number; amount?: number; totalAmount?: number; products: ReadonlyArray<{ id: string | number; name: string; price: number; quantity: number }> }
      | { id?: string | number; orderId?: string | number; currency?: string; customer: string; userId?: string | number; amount?: number; totalAmount?: number; products: ReadonlyArray<{ id: string | number; name: string; price: number; quantity: number }> }
      | { id?: string | number; orderId?: string | number; currency?: string; customer?: string; userId?: string | number; amount?: number; totalAmount?: number; product: string; quantity: number }
      | { id?: string | number; orderId?: string | number; currency?: string; customer?: string; userId?: string | number; amount?: number; totalAmount?: number; lines: ReadonlyArray<{ productId?: string; name: string; quantity: number; unitPrice?: number }> }
      | { id?: string | number; orderId?: string | number; currency?: string; customer?: string; userId?: string | number; amount: number; totalAmount?: number }
      | { id?: string | number; orderId?: string | number; currency?: string; customer?: string; userId?: string | number; amount?: number; totalAmount: number };
    answer: { id: string; status: "CREATED" };
    problems: "order_already_exists" | "order_price_differs";
  };
  "POST /create-order": {
    body: Operations["POST /orders"]["body"];
    answer: { id: string; status: "CREATED" };
    problems: "order_already_exists" | "order_price_differs";
  };
  "PATCH /orders/{id}": {
    path: { id: string | number };
    body: 
      | { status?: "CREATED" | "SHIPPED" | "DELIVERED" | "CANCELLED" | "created" | "shipped" | "delivered" | "cancelled"; customer?: string; userId?: string | number; amount?: number; totalAmount?: number }
      | { status?: "CREATED" | "SHIPPED" | "DELIVERED" | "CANCELLED" | "created" | "shipped" | "delivered" | "cancelled"; customer?: string; userId?: string | number; amount?: number; totalAmount?: number; items: ReadonlyArray<string> }
      | { status?: "CREATED" | "SHIPPED" | "DELIVERED" | "CANCELLED" | "created" | "shipped" | "delivered" | "cancelled"; customer?: string; userId?: string | number; amount?: number; totalAmount?: number; products: ReadonlyArray<{ id: string | number; name: string; price: number; quantity: number }> }
      | { status?: "CREATED" | "SHIPPED" | "DELIVERED" | "CANCELLED" | "created" | "shipped" | "delivered" | "cancelled"; customer?: string; userId?: string | number; amount?: number; totalAmount?: number; product: string; quantity: number }
      | { status?: "CREATED" | "SHIPPED" | "DELIVERED" | "CANCELLED" | "created" | "shipped" | "delivered" | "cancelled"; customer?: string; userId?: string | number; amount?: number; totalAmount?: number; lines: ReadonlyArray<{ productId?: string; name: string; quantity: number; unitPrice?: number }> };
    answer: { id: string; status: "CREATED" | "SHIPPED" | "DELIVERED" | "CANCELLED"; payment: "NONE" | "PENDING" | "COMPLETED" | "FAILED" | "UNKNOWN" | "REFUNDED"; version: number };
    problems: "order_not_found" | "order_already_shipped" | "order_already_delivered" | "order_already_cancelled" | "order_not_shipped" | "order_payment_failed" | "order_not_paid" | "order_amount_settled" | "order_stock_open" | "order_stock_settled" | "order_price_differs";
  };
  "DELETE /orders/{id}": {
    path: { id: string | number };
    answer: undefined;
    problems: "order_not_found";
  };
  "POST /users": {
    body: { id: string | number; name: string; email?: string };
    answer: { id: string | number; name: string; email?: string; version: number };
    problems: "user_already_exists";
  };
  "PATCH /users/{id}": {
    path: { id: string | number };
    body: { name?: string; email?: string };
    answer: Operations["POST /users"]["answer"];
    problems: "user_not_found";
  };
  "DELETE /users/{id}": {
    path: { id: string | number };
    answer: undefined;
    problems: "user_not_found";
  };
  "POST /stock": {
    body: { sku: string | number; quantity: number };
    answer: { sku: string; onHand: number; reserved: number; available: number; version: number };
    problems: "stock_too_large";
  };
  "PATCH /stock/{id}": {
    path: { id: string | number };
    body: { onHand: number };
    answer: Operations["POST /stock"]["answer"];
    problems: "stock_not_found" | "stock_reserved";
  };
  "POST /commands": {
    body: 
      | { type: "createOrder"; id?: string; payload: Operations["POST /orders"]["body"] }
      | { type: "changeOrder"; id?: string; payload: { orderId: string | number; status?: "CREATED" | "SHIPPED" | "DELIVERED" | "CANCELLED" | "created" | "shipped" | "delivered" | "cancelled"; customer?: string; userId?: string | number; amount?: number; totalAmount?: number } | { orderId: string | number; status?: "CREATED" | "SHIPPED" | "DELIVERED" | "CANCELLED" | "created" | "shipped" | "delivered" | "cancelled"; customer?: string; userId?: string | number; amount?: number; totalAmount?: number; items: ReadonlyArray<string> } | { orderId: string | number; status?: "CREATED" | "SHIPPED" | "DELIVERED" | "CANCELLED" | "created" | "shipped" | "delivered" | "cancelled"; customer?: string; userId?: string | number; amount?: number; totalAmount?: number; products: ReadonlyArray<{ id: string | number; name: string; price: number; quantity: number }> } | { orderId: string | number; status?: "CREATED" | "SHIPPED" | "DELIVERED" | "CANCELLED" | "created" | "shipped" | "delivered" | "cancelled"; customer?: string; userId?: string | number; amount?: number; totalAmount?: number; product: string; quantity: number } | { orderId: string | number; status?: "CREATED" | "SHIPPED" | "DELIVERED" | "CANCELLED" | "created" | "shipped" | "delivered" | "cancelled"; customer?: string; userId?: string | number; amount?: number; totalAmount?: number; lines: ReadonlyArray<{ productId?: string; name: string; quantity: number; unitPrice?: number }> } }
      | { type: "shipOrder"; id?: string; payload: { orderId: string | number; id?: string | number } | { orderId?: string | number; id: string | number } }
      | { type: "deliverOrder"; id?: string; payload: { orderId: string | number; id?: string | number } | { orderId?: string | number; id: string | number } }
      | { type: "cancelOrder"; id?: string; payload: { orderId: string | number; id?: string | number } | { orderId?: string | number; id: string | number } }
      | { type: "deleteOrder"; id?: string; payload: { orderId: string | number; id?: string | number } | { orderId?: string | number; id: string | number } }
      | { type: "createUser"; id?: string; payload: { id: string | number; name: string; email?: string } }
      | { type: "changeUser"; id?: string; payload: { id: string | number; name?: string; email?: string } }
      | { type: "deleteUser"; id?: string; payload: { id: string | number } }
      | { type: "receiveStock"; id?: string; payload: { sku: string | number; quantity: number } }
      | { type: "countStock"; id?: string; payload: { sku: string | number; onHand: number } }
      | ReadonlyArray<{ type: "createOrder"; id?: string; payload: Operations["POST /orders"]["body"] } | { type: "changeOrder"; id?: string; payload: { orderId: string | number; status?: "CREATED" | "SHIPPED" | "DELIVERED" | "CANCELLED" | "created" | "shipped" | "delivered" | "cancelled"; customer?: string; userId?: string | number; amount?: number; totalAmount?: number } | { orderId: string | number; status?: "CREATED" | "SHIPPED" | "DELIVERED" | "CANCELLED" | "created" | "shipped" | "delivered" | "cancelled"; customer?: string; userId?: string | number; amount?: number; totalAmount?: number; items: ReadonlyArray<string> } | { orderId: string | number; status?: "CREATED" | "SHIPPED" | "DELIVERED" | "CANCELLED" | "created" | "shipped" | "delivered" | "cancelled"; customer?: string; userId?: string | number; amount?: number; totalAmount?: number; products: ReadonlyArray<{ id: string | number; name: string; price: number; quantity: number }> } | { orderId: string | number; status?: "CREATED" | "SHIPPED" | "DELIVERED" | "CANCELLED" | "created" | "shipped" | "delivered" | "cancelled"; customer?: string; userId?: string | number; amount?: number; totalAmount?: number; product: string; quantity: number } | { orderId: string | number; status?: "CREATED" | "SHIPPED" | "DELIVERED" | "CANCELLED" | "created" | "shipped" | "delivered" | "cancelled"; customer?: string; userId?: string | number; amount?: number; totalAmount?: number; lines: ReadonlyArray<{ productId?: string; name: string; quantity: number; unitPrice?: number }> } } | { type: "shipOrder"; id?: string; payload: { orderId: string | number; id?: string | number } | { orderId?: string | number; id: string | number } } | { type: "deliverOrder"; id?: string; payload: { orderId: string | number; id?: string | number } | { orderId?: string | number; id: string | number } } | { type: "cancelOrder"; id?: string; payload: { orderId: string | number; id?: string | number } | { orderId?: string | number; id: string | number } } | { type: "deleteOrder"; id?: string; payload: { orderId: string | number; id?: string | number } | { orderId?: string | number; id: string | number } } | { type: "createUser"; id?: string; payload: { id: string | number; name: string; email?: string } } | { type: "changeUser"; id?: string; payload: { id: string | number; name?: string; email?: string } } | { type: "deleteUser"; id?: string; payload: { id: string | number } } | { type: "receiveStock"; id?: string; payload: { sku: string | number; quantity: number } } | { type: "countStock"; id?: string; payload: { sku: string | number; onHand: number } }>;
    answer: unknown;
    problems: "order_not_found" | "user_not_found" | "stock_not_found" | "order_already_exists" | "order_already_shipped" | "order_already_delivered" | "order_already_cancelled" | "order_not_shipped" | "order_payment_failed" | "order_not_paid" | "order_amount_settled" | "order_stock_open" | "order_stock_settled" | "user_already_exists" | "stock_too_large" | "stock_reserved" | "order_price_differs";
  };
  "GET /commands/{id}": {
    path: { id: string | number };
    answer: { id: string; status: "pending" | "accepted" | "rejected"; submittedAt: string; result?: unknown; version?: number; location?: string; problem?: unknown };
    problems: "command_not_found";
  };
  "GET /orders/stats": {
    answer: { count: number; amount: number; average: number; currency: string; byStatus: { [word: string]: { count: number; amount: number; average: number } }; byPayment: { [word: string]: { count: number; amount: number; average: number } } };
    problems: never;
  };
  "GET /orders/stream": {
    query: { lastEventId?: string };
    answer: never;
    problems: "streams_full" | "shutting_down";
  };
  "GET /orders/{id}/stream": {
    path: { id: string | number };
    query: { minVersion?: number; wait?: number; lastEventId?: string };
    answer: never;
    problems: "order_not_found" | "streams_full" | "projection_behind" | "shutting_down";
  };
  "GET /orders/{id}/history": {
    path: { id: string | number };
    query: { limit?: number; after?: number };
    answer: ReadonlyArray<{ type: string; version: number; at: string; actor: string; authn?: string; onBehalfOf?: string; causationId: string; correlationId: string; data: { [word: string]: unknown } }>;
    problems: "order_not_found" | "newer_schema";
  };
  "GET /orders/{id}/why": {
    path: { id: string | number };
    query: { limit?: number; after?: number };
    answer: { id: string; steps: ReadonlyArray<{ version: number; event: string; command?: string; at: string; actor: string; request: string; cause: string; traceId?: string; record?: { topic: string; partition: number; offset: number }; changes: ReadonlyArray<{ path: string; before?: unknown; after?: unknown }> }>; held?: { topic: string; partition: number; version: number; last: number; cause: string; since: string; attempts: number }; waits: ReadonlyArray<{ projection: string; for: "dead-letter" | "newer-code" | "partition"; topic: string; partition: number; cause: string; records: number; letter?: number }>; row?: { version: number; deleted: boolean; partition: number; offset: number; behind: number; document: { [word: string]: unknown } } };
    problems: "order_not_found" | "newer_schema";
  };
  "GET /orders": {
    query: { status?: "CREATED" | "SHIPPED" | "DELIVERED" | "CANCELLED"; payment?: "NONE" | "PENDING" | "COMPLETED" | "FAILED" | "UNKNOWN" | "REFUNDED"; customer?: string; createdAfter?: string; createdBefore?: string; limit?: number; cursor?: string };
    answer: ReadonlyArray<{ id: string; status: "CREATED" | "SHIPPED" | "DELIVERED" | "CANCELLED"; payment: "NONE" | "PENDING" | "COMPLETED" | "FAILED" | "UNKNOWN" | "REFUNDED"; stock?: "REQUESTED" | "RESERVED" | "RELEASING" | "RELEASED" | "COMMITTING" | "COMMITTED"; shortOf?: string; customer: string | null; lines: ReadonlyArray<{ productId?: string; name: string; quantity: number; unitPrice?: number }>; amount: number; currency: string; version: number; createdAt: string; updatedAt: string; [word: string]: unknown }>;
    problems: "invalid_cursor";
  };
  "GET /orders/{id}": {
    path: { id: string | number };
    query: { minVersion?: number; wait?: number; version?: number; at?: string };
    answer: Operations["GET /orders"]["answer"][number];
    problems: "order_not_found" | "newer_schema" | "projection_behind" | "shutting_down";
  };
  "GET /users/{id}/history": {
    path: { id: string | number };
    query: { limit?: number; after?: number };
    answer: ReadonlyArray<Operations["GET /orders/{id}/history"]["answer"][number]>;
    problems: "user_not_found" | "newer_schema";
  };
  "GET /users/{id}/why": {
    path: { id: string | number };
    query: { limit?: number; after?: number };
    answer: Operations["GET /orders/{id}/why"]["answer"];
    problems: "user_not_found" | "newer_schema";
  };
  "GET /users": {
    query: { limit?: number; cursor?: string };
    answer: ReadonlyArray<{ id: string | number; name: string; email?: string; version: number; createdAt: string; updatedAt: string }>;
    problems: "invalid_cursor";
  };
  "GET /users/{id}": {
    path: { id: string | number };
    query: { minVersion?: number; wait?: number; version?: number; at?: string };
    answer: Operations["GET /users"]["answer"][number];
    problems: "user_not_found" | "newer_schema" | "projection_behind" | "shutting_down";
  };
  "GET /payments/{id}/history": {
    path: { id: string | number };
    query: { limit?: number; after?: number };
    answer: Operations["GET /users/{id}/history"]["answer"];
    problems: "payment_not_found" | "newer_schema";
  };
  "GET /payments/{id}/why": {
    path: { id: string | number };
    query: { limit?: number; after?: number };
    answer: Operations["GET /orders/{id}/why"]["answer"];
    problems: "payment_not_found" | "newer_schema";
  };
  "GET /payments": {
    query: { status?: "PENDING" | "COMPLETED" | "FAILED" | "UNKNOWN" | "REFUNDED"; limit?: number; cursor?: string };
    answer: ReadonlyArray<{ id: string; orderId: string; status: "PENDING" | "COMPLETED" | "FAILED" | "UNKNOWN" | "REFUNDED"; amount: number; currency: string; refundRequested: boolean; gatewayReference?: string; refundReference?: string; reason?: string; version: number; createdAt: string; updatedAt: string }>;
    problems: "invalid_cursor";
  };
  "GET /payments/{id}": {
    path: { id: string | number };
    query: { minVersion?: number; wait?: number; version?: number; at?: string };
    answer: Operations["GET /payments"]["answer"][number];
    problems: "payment_not_found" | "newer_schema" | "projection_behind" | "shutting_down";
  };
  "GET /stock/{id}/history": {
    path: { id: string | number };
    query: { limit?: number; after?: number };
    answer: Operations["GET /users/{id}/history"]["answer"];
    problems: "stock_not_found" | "newer_schema";
  };
  "GET /stock/{id}/why": {
    path: { id: string | number };
    query: { limit?: number; after?: number };
    answer: Operations["GET /orders/{id}/why"]["answer"];
    problems: "stock_not_found" | "newer_schema";
  };
  "GET /stock": {
    query: { limit?: number; cursor?: string };
    answer: ReadonlyArray<{ sku: string; onHand: number; reserved: number; available: number; version: number; createdAt: string; updatedAt: string }>;
    problems: "invalid_cursor";
  };
  "GET /stock/{id}": {
    path: { id: string | number };
    query: { minVersion?: number; wait?: number; version?: number; at?: string };
    answer: Operations["GET /stock"]["answer"][number];
    problems: "stock_not_found" | "newer_schema" | "projection_behind" | "shutting_down";
  };
  "GET /customers": {
    query: { limit?: number; cursor?: string };
    answer: ReadonlyArray<{ id: string; name?: string; orders: number; amount: number; currency: string; firstOrderAt: string; lastOrderAt: string }>;
    problems: "invalid_cursor";
  };
  "GET /customers/{id}": {
    path: { id: string | number };
    query: { after?: string; wait?: number };
    answer: Operations["GET /customers"]["answer"][number];
    problems: "customer_not_found" | "projection_behind" | "shutting_down";
  };
}
