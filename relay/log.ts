// One JSON line an event, to wherever the runtime puts them. Never a message's text, a handle or a secret.
type Facts = Readonly<Record<string, string | number | undefined>>;

export const warn = (what: string, facts: Facts): void =>
  console.warn(JSON.stringify({ level: "warn", what, ...facts }));

export const bug = (what: string, facts: Facts): void =>
  console.error(JSON.stringify({ level: "error", what, ...facts }));
