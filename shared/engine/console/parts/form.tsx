// Forms: those that change something, which carry the token that only our own pages know, and those that look for something.
import type { PropsWithChildren } from "hono/jsx";
import { LinkButton } from "./section.tsx";

interface ActionProps {
  readonly action: string;
  /** Undefined for those who may change nothing: they see no form. */
  readonly formToken: string | undefined;
  readonly label: string;
  /** Read out after the label, where a page has many buttons of one label. */
  readonly about?: string;
  readonly tone?: "plain" | "danger";
}

/** One button that changes something, with what it needs to know before it. */
export function Action(props: PropsWithChildren<ActionProps>) {
  const { action, formToken, label, about, tone = "plain", children } = props;
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

interface ConfirmProps extends ActionProps {
  /** What the button would do, for good. */
  readonly warning: string;
  /** The page to go back to instead. */
  readonly back: string;
}

/** Asked on a page of its own before anything is destroyed. */
export function Confirm({ warning, back, ...action }: ConfirmProps) {
  return (
    <>
      <p class="notice bad">{warning}</p>
      <div class="actions">
        <Action {...action} tone="danger" />
        <LinkButton href={back}>Keep it</LinkButton>
      </div>
    </>
  );
}

interface FiltersProps {
  readonly action: string;
  readonly label?: string;
  /** Leads back to the page without a filter. */
  readonly without?: { readonly label: string; readonly isShown: boolean };
}

/** Fields that say what a page shows, in its address. */
export function Filters(props: PropsWithChildren<FiltersProps>) {
  const { action, label = "Show", without, children } = props;
  return (
    <form class="controls" action={action}>
      {children}
      <button type="submit" class="button primary">
        {label}
      </button>
      {without?.isShown && <LinkButton href={action}>{without.label}</LinkButton>}
    </form>
  );
}

interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly value?: string | undefined;
  readonly hint?: string;
  readonly wide?: boolean;
  /** Keeps its id apart from that of a field of the same name in another form of the page. */
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

export function Check({ name, label }: { name: string; label: string }) {
  return (
    <label class="check">
      <input type="checkbox" name={name} value="yes" /> {label}
    </label>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly label: string;
  readonly options: readonly string[];
  readonly chosen?: string | undefined;
  /** The word for none of them; without it one has to be chosen. */
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
