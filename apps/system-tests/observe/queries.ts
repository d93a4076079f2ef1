// What alert rules and the dashboard ask Prometheus, and which names they ask by.
import { ROOT } from "../guide/blocks.ts";

export const PROMETHEUS = "shared/deploy/prometheus";
export const DASHBOARD = "shared/deploy/grafana/dashboards/millrace.json";

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Query {
  /** Where it stands: an alert's name, or a panel's title. */
  readonly of: string;
  readonly expr: string;
  /** Texts with labels in them, as `{{ $labels.topic }}` or `{{topic}}`. */
  readonly texts: readonly string[];
}

export async function alerts(): Promise<Alert[]> {
  const text = await Bun.file(`${ROOT}/${PROMETHEUS}/rules.yaml`).text();
  const { groups } = Bun.YAML.parse(text) as { groups: { rules: Alert[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat?: string }[];
}

export async function panelQueries(): Promise<Query[]> {
  const { panels } = (await Bun.file(`${ROOT}/${DASHBOARD}`).json()) as { panels: Panel[] };
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, legendFormat = "" }) => ({ of: title, expr, texts: [legendFormat] })),
  );
}

export async function alertQueries(): Promise<Query[]> {
  return (await alerts()).map(({ alert, expr, annotations }) => ({
    of: alert,
    expr,
    texts: Object.values(annotations),
  }));
}

/** Of metrics of ours and of a process; Prometheus' own, `up` and `ALERTS`, are not among them. */
export function metricsIn(expr: string): string[] {
  return [...new Set(withoutStrings(expr).match(/\b(?:millrace|process|nodejs)_[a-z_]+\b/g) ?? [])];
}

export interface Matcher {
  readonly label: string;
  readonly values: readonly string[];
}

/** Of every selector, such as `{state=~"idle|working"}`. */
export function matchersIn(expr: string): Matcher[] {
  return [...expr.matchAll(/([a-z_]+)(?:=~|!~|!=|=)"([^"]*)"/g)].map(([, label = "", values = ""]) => ({
    label,
    values: values.split("|"),
  }));
}

/** Labels that it keeps or joins by: `by (process, topic)`. */
export function groupedBy(expr: string): string[] {
  const lists = withoutStrings(expr).matchAll(/\b(?:by|on|without|ignoring)\s*\(([^)]*)\)/g);
  return [...lists].flatMap(([, list = ""]) => list.split(",").map((label) => label.trim()));
}

export function labelsShown(text: string): string[] {
  return [...text.matchAll(/\{\{\s*(?:\$labels\.)?([a-z_]+)\s*\}\}/g)].map(([, label = ""]) => label);
}

function withoutStrings(expr: string): string {
  return expr.replace(/"[^"]*"/g, '""');
}
