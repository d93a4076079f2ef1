export type UserCommand =
  | {
      readonly type: "CreateUser";
      readonly id: string | number;
      readonly name: string;
      readonly email?: string;
    }
  /** Absent fields stay as they are. */
  | { readonly type: "ChangeUser"; readonly name?: string; readonly email?: string }
  | { readonly type: "DeleteUser" };
