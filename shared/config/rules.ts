// What must hold between settings, each right by itself.
import { checkPattern } from "../policy/mention.ts";
import { formatPath } from "./path.ts";
import { shortText, type ConfigProblem } from "./problem.ts";
import { DEFAULTS, type ConfigDocument, type Overrides, type SettingName } from "./settings.ts";

/** Settings that are broken by themselves, or above them: nothing is concluded from them. */
type IsBroken = (...path: string[]) => boolean;

export function ruleProblems(document: ConfigDocument, isBroken: IsBroken): readonly ConfigProblem[] {
  const problems = scopeProblems(document, {}, [], isBroken);
  for (const [account, own] of Object.entries(document.accounts ?? {}))
    problems.push(...scopeProblems(own, document, ["accounts", account], isBroken));
  return problems;
}

function scopeProblems(
  own: Overrides,
  above: Overrides,
  scope: readonly string[],
  isBroken: IsBroken,
): ConfigProblem[] {
  const problems = (own.mentionPatterns ?? []).flatMap((source, index) => {
    const why = checkPattern(source);
    const path = formatPath([...scope, "mentionPatterns", String(index)]);
    return why === undefined ? [] : [{ path, problem: why, value: shortText(source) }];
  });
  const isUnsure = (["dmPolicy", "allowFrom"] as const).some(
    (name) => isBroken(name) || isBroken(...scope, name),
  );
  if (!isUnsure) problems.push(...directProblems(own, above, scope));
  return problems;
}

/** Said only where the scope itself has a part in it; the root's own mistakes are said there. */
function directProblems(own: Overrides, above: Overrides, scope: readonly string[]): ConfigProblem[] {
  if (own.dmPolicy === undefined && own.allowFrom === undefined) return [];
  const policy = own.dmPolicy ?? above.dmPolicy ?? DEFAULTS.dmPolicy;
  const list = own.allowFrom ?? above.allowFrom ?? DEFAULTS.allowFrom;
  const at = (name: SettingName): string => formatPath([...scope, name]);
  const path = own.dmPolicy === undefined ? at("allowFrom") : at("dmPolicy");
  const value = shortText(own.dmPolicy ?? own.allowFrom);
  if (policy === "open" && !list.includes("*"))
    return [
      { path, problem: "`dmPolicy` open needs `*` in `allowFrom`; set that first, or both at once", value },
    ];
  if (policy === "allowlist" && list.length === 0)
    return [
      {
        path,
        problem:
          "`dmPolicy` allowlist needs at least one entry in `allowFrom`; set that first, or both at once",
        value,
      },
    ];
  return [];
}
