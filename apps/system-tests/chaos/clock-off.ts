// Preloaded into one process: its clock is off by MILLRACE_CHAOS_CLOCK_MS, as that of a virtual machine that was paused.
// biome-ignore lint/style/noProcessEnv: a fault's own setting, which no process of Millrace reads
const offMs = Number(process.env.MILLRACE_CHAOS_CLOCK_MS);
const RealDate = Date;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given, as) =>
    Reflect.construct(target, given.length === 0 ? [RealDate.now() + offMs] : given, as) as Date,
  get: (target, name) => (name === "now" ? () => RealDate.now() + offMs : Reflect.get(target, name)),
});
