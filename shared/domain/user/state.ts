export type UserState =
  | { readonly exists: false }
  | {
      readonly exists: true;
      readonly deleted: boolean;
      readonly id: string | number;
      readonly name: string;
      readonly email?: string;
    };
