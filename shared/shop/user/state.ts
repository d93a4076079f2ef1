export type UserState = { readonly exists: false } | ExistingUser;

export interface ExistingUser {
  readonly exists: true;
  readonly deleted: boolean;
  readonly id: string | number;
  readonly name: string;
  readonly email?: string;
}
