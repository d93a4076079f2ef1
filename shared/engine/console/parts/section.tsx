// What the body of a page is made of: sections under a heading, and links that look like buttons.
import type { Child, PropsWithChildren } from "hono/jsx";

interface SectionProps {
  readonly id: string;
  readonly title: Child;
  /** A state, after the title. */
  readonly chip?: Child;
  /** Stands on a ground of its own. */
  readonly card?: boolean;
  /** Keeps the section the same one while others come and go. */
  readonly key_?: string;
}

export function Section({ id, title, chip, card, key_, children }: PropsWithChildren<SectionProps>) {
  return (
    <section class={card ? "card" : undefined} aria-labelledby={id} data-key={key_}>
      <h2 id={id}>
        {title} {chip}
      </h2>
      {children}
    </section>
  );
}

/** An id of the document, made of any name. */
export function idOf(name: string): string {
  return name.replaceAll(/[^a-z0-9]+/gi, "-");
}

interface LinkProps {
  readonly href: string;
  readonly tone?: "plain" | "danger" | "primary";
}

export function LinkButton({ href, tone = "plain", children }: PropsWithChildren<LinkProps>) {
  return (
    <a class={`button ${tone}`} href={href}>
      {children}
    </a>
  );
}

/** Leads to the rows after the last one here. */
export function More({ href, children }: PropsWithChildren<{ href: string }>) {
  return (
    <p class="pages">
      <LinkButton href={href}>{children}</LinkButton>
    </p>
  );
}
