// What holds for one account: the defaults, under the tenant's document, under the account's overrides.
import { formatPath } from "./path.ts";
import type { ConfigWarning } from "./problem.ts";
import {
  DEFAULTS,
  SETTING_NAMES,
  type ChannelConfig,
  type ConfigDocument,
  type Overrides,
  type SettingName,
} from "./settings.ts";
import { configWarnings } from "./warnings.ts";

export type Origin = "default" | "tenant" | "account" | "tenant+account";

interface Effective {
  readonly config: ChannelConfig;
  readonly origin: Readonly<Record<SettingName, Origin>>;
  readonly warnings: readonly ConfigWarning[];
}

interface Chosen<T> {
  readonly value: T;
  readonly origin: Origin;
}
type Choice<K extends SettingName> = (
  root: ChannelConfig[K] | undefined,
  own: ChannelConfig[K] | undefined,
  document: ConfigDocument,
) => Chosen<ChannelConfig[K]> | undefined;

/** Both lists, the account's first. */
function joined(root: string[] | undefined, own: string[] | undefined): Chosen<string[]> | undefined {
  if (root === undefined || own === undefined) return undefined;
  return { value: [...new Set([...own, ...root])], origin: "tenant+account" };
}

/** Settings that are more than the account's value in the place of the root's; undefined = they are just that. */
const CHOICES: { readonly [K in SettingName]?: Choice<K> } = {
  attachmentRoots: joined,
  remoteAttachmentRoots: joined,
  /** Off at the root is off for all. */
  enabled: (root) => (root === false ? { value: false, origin: "tenant" } : undefined),
  /** With a single account an empty map says nothing, as in OpenClaw. */
  groups: (root, own, { accounts }) =>
    root !== undefined && own !== undefined && isEmpty(own) && Object.keys(accounts ?? {}).length <= 1
      ? { value: root, origin: "tenant" }
      : undefined,
};

const isEmpty = (value: object): boolean => Object.keys(value).length === 0;

export function effectiveConfig(document: ConfigDocument, account: string): Effective {
  return effectiveOf(document, overridesOf(document, account));
}

export function overridesOf({ accounts }: ConfigDocument, account: string): Overrides {
  return accounts !== undefined && Object.hasOwn(accounts, account) ? (accounts[account] ?? {}) : {};
}

type Writable = { -readonly [K in SettingName]: ChannelConfig[K] };

function put<K extends SettingName>(config: Writable, name: K, chosen: Chosen<ChannelConfig[K]>): Origin {
  config[name] = chosen.value;
  return chosen.origin;
}

function effectiveOf(document: ConfigDocument, own: Overrides): Effective {
  const config: Writable = { ...DEFAULTS };
  const origin: Partial<Record<SettingName, Origin>> = {};
  for (const name of SETTING_NAMES) origin[name] = put(config, name, choose(name, document, own));
  const origins = origin as Readonly<Record<SettingName, Origin>>;
  return { config, origin: origins, warnings: configWarnings(config, (name) => origins[name] !== "default") };
}

function choose<K extends SettingName>(
  name: K,
  document: ConfigDocument,
  own: Overrides,
): Chosen<ChannelConfig[K]> {
  const root: Overrides = document;
  const atRoot: ChannelConfig[K] | undefined = root[name];
  const atAccount: ChannelConfig[K] | undefined = own[name];
  const special = CHOICES[name]?.(atRoot, atAccount, document);
  if (special !== undefined) return special;
  if (atAccount !== undefined) return { value: atAccount, origin: "account" };
  if (atRoot !== undefined) return { value: atRoot, origin: "tenant" };
  return { value: DEFAULTS[name], origin: "default" };
}

/** Enough to act on. */
const MAX_WARNINGS = 100;

/** Of the root, and of every account as far as its own overrides have a part in them. */
export function documentWarnings(document: ConfigDocument): readonly ConfigWarning[] {
  const warnings = [...effectiveOf(document, {}).warnings];
  const said = new Set(warnings.map(({ problem }) => problem));
  for (const [account, own] of Object.entries(document.accounts ?? {})) {
    if (warnings.length >= MAX_WARNINGS) break;
    for (const { path, problem } of effectiveOf(document, own).warnings)
      if (!said.has(problem)) warnings.push({ path: formatPath(["accounts", account, path]), problem });
  }
  return warnings.slice(0, MAX_WARNINGS);
}
