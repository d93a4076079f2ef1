// Forms that change something: each carries the token that only our own pages know.
import type { Child } from "hono/jsx";

export interface ActionProps {
  readonly action: string;
  /** Without one there is no form: whoever asks may change nothing. */
  readonly formToken: string | undefined;
  readonly label: string;
  /** Said with the label, to whoever hears one button of many. */
  readonly about?: string;
  readonly tone?: "plain" | "danger";
  readonly children?: Child;
}

export function Action({ action, formToken, label, about, tone = "plain", children }: ActionProps) {
  if (formToken === undefined) return null;
  return (
    <form method="post" action={action} class="action">
      <input type="hidden" name="form" value={formToken} />
      {children}
      <button type="submit" class={`button ${tone}`}>
        {label}
        {about && <span class="visually-hidden"> {about}</span>}
      </button>
    </form>
  );
}

/** The id of what the form makes. Sent again, the form makes nothing: what it made can be shown only once. */
export function MadeId({ id }: { id: string }) {
  // Browsers that restore fields on a reload would otherwise restore the id as well.
  return <input type="hidden" name="id" value={id} autocomplete="off" />;
}

export interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly value?: string | undefined;
  readonly hint?: string;
  readonly wide?: boolean;
  /** Sets its id apart from that of a field of the same name in another form of the page. */
  readonly of?: string;
}

export function Field({ name, label, value, hint, wide, of }: FieldProps) {
  const id = of === undefined ? `field-${name}` : `field-${name}-${of}`;
  return (
    <div class={wide ? "field wide" : "field"}>
      <label for={id}>{label}</label>
      <input
        id={id}
        name={name}
        value={value ?? ""}
        autocomplete="off"
        spellcheck={false}
        placeholder={hint}
        maxlength={300}
      />
    </div>
  );
}

export interface ChoiceProps {
  readonly name: string;
  readonly label: string;
  readonly options: readonly string[];
  readonly chosen?: string | undefined;
  /** What choosing none of them is called; without it one has to be chosen. */
  readonly none?: string;
}

export function Choice({ name, label, options, chosen, none }: ChoiceProps) {
  const id = `field-${name}`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} name={name}>
        {none !== undefined && <option value="">{none}</option>}
        {options.map((option) => (
          <option value={option} selected={option === chosen}>
            {option}
          </option>
        ))}
      </select>
    </div>
  );
}
