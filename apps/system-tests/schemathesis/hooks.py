"""What Schemathesis can't read from the documents: the refusals that hang on what was stored before, or that
JSON Schema has no words for. Each is named here by its code or its text; any other refusal of a request that
the document calls valid is a failure."""

import uuid

import schemathesis

# Each depends on what is there, not on how it was asked.
STATEFUL = {
    "projection_behind",  # a version that nobody has written yet was waited for
    "stale_version",
    "invalid_cursor",  # text of the right form that no page was answered with
}

# Sums and decimals: JSON Schema can't say them so that clients can check them.
UNSAYABLE = ("Must come to at most", "Must have at most", "Must have no decimals")

# Two words for one thing must agree, which JSON Schema can't say either. Cases send one of them, or hardly any
# would come further.
SECOND_WORDS = {"id": "orderId", "userId": "customer", "totalAmount": "amount"}


@schemathesis.hook
def before_call(context, case, kwargs):
    # Versions that nobody writes are waited for in full.
    query = case.query or {}
    waits = "minVersion" in query or ("after" in query and "wait" in query)
    if waits and str(query.get("wait", "0")).isdigit():
        case.query["wait"] = "50"
    headers = case.headers or {}
    # Drawn now and then, and no client can send it: the case would end as an error of Schemathesis' own.
    for name in [name for name, value in headers.items() if not is_sendable(value)]:
        del headers[name]
    if not is_valid(case):
        return
    # Cases reuse keys, and a key that is sent with another request is refused, as it should be.
    if headers.get("Idempotency-Key"):
        headers["Idempotency-Key"] = str(uuid.uuid4())
    # The coverage phase takes the number 0 for text of any pattern, and arrays take no If-Match.
    if headers.get("If-Match") == "0":
        headers["If-Match"] = "*"
    if isinstance(case.body, list):
        headers.pop("If-Match", None)
    if headers.get("Prefer"):
        headers["Prefer"] = "respond-async"
    case.body = with_one_word(case.body)


@schemathesis.check
def valid_requests_are_taken(ctx, response, case):
    """Instead of positive_data_acceptance and not_a_server_error, which know statuses but no codes."""
    status = response.status_code
    if status < 400 or status in (404, 409):
        return
    code = problem(response).get("code")
    if status >= 500:
        assert code == "projection_behind", f"{status} {code}"
        return
    if not is_valid(case) or code in STATEFUL:
        return
    assert code == "body_invalid" and is_unsayable(response), (
        f"The document calls this request valid; it was refused with {status} {response.text}"
    )


def is_sendable(value):
    """What HTTP lets a header hold: one byte each, and of the control characters the tab alone (RFC 9110, 5.5).
    Servers refuse anything else before they know what was asked."""
    return all(c == "\t" or " " <= c <= "~" or "\x80" <= c <= "\xff" for c in str(value))


def is_valid(case):
    return case.meta is not None and case.meta.generation.mode.is_positive


def problem(response):
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def is_unsayable(response):
    errors = problem(response).get("errors", [])
    return bool(errors) and all(error["message"].startswith(UNSAYABLE) for error in errors)


def with_one_word(body):
    if isinstance(body, list):
        return [with_one_word(member) for member in body]
    if not isinstance(body, dict):
        return body
    return {
        name: with_one_word(value)
        for name, value in body.items()
        if name not in SECOND_WORDS or SECOND_WORDS[name] not in body
    }
