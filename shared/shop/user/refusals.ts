export type UserRefusal = { readonly code: "user_not_found" } | { readonly code: "user_already_exists" };
