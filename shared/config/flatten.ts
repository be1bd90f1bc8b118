import { effectiveConfig } from "./effective.ts";
import { SETTING_NAMES, type ConfigDocument, type Overrides } from "./settings.ts";

/** What a document says about one account, as overrides that need no root: only what somebody wrote down. */
export function flattened(document: ConfigDocument, account: string): Overrides {
  const { config, origin } = effectiveConfig(document, account);
  return Object.fromEntries(
    SETTING_NAMES.filter((name) => origin[name] !== "default").map((name) => [name, config[name]]),
  );
}
