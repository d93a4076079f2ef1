/** Storage format. `id` is as the client wrote it, a number or a string; the stream's id is its text. */
export interface UserCreated {
  readonly type: "UserCreated";
  readonly data: { readonly id: string | number; readonly name: string; readonly email?: string };
}
export interface UserChanged {
  readonly type: "UserChanged";
  readonly data: { readonly name: string; readonly email?: string };
}
export interface UserDeleted {
  readonly type: "UserDeleted";
  readonly data: Record<string, never>;
}

export type UserEvent = UserCreated | UserChanged | UserDeleted;
