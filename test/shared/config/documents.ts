import * as fc from "fast-check";
import { SETTING_NAMES } from "../../../shared/config/settings.ts";

const handle = fc.oneof(
  fc.constantFrom("*", "+15551234567", "ada@example.org", "chat_guid:any;+;chat1", " +1 ", 15551234567),
  fc.string({ minLength: 1, maxLength: 12 }),
);
const handles = fc.array(handle, { maxLength: 4 });
const group = fc.record({ requireMention: fc.boolean() }, { requiredKeys: [] });
const roots = fc.array(fc.constantFrom("/a", "/Users/*/b", "/c/d"), { maxLength: 3 });

/** Mostly right, setting by setting. */
const settings = fc.record(
  {
    enabled: fc.boolean(),
    name: fc.string({ maxLength: 20 }),
    dmPolicy: fc.constantFrom("pairing", "pairing", "allowlist", "open", "disabled"),
    allowFrom: handles,
    groupPolicy: fc.constantFrom("allowlist", "open", "disabled"),
    groupAllowFrom: handles,
    groups: fc.dictionary(fc.constantFrom("*", "1", "42", "chat_guid:any;+;a"), group, { maxKeys: 3 }),
    mentionPatterns: fc.array(fc.constantFrom("bot", "\\bada\\b", "^hey"), { maxLength: 2 }),
    historyLimit: fc.nat(200),
    reactionNotifications: fc.constantFrom("off", "own", "all"),
    includeAttachments: fc.boolean(),
    attachmentRoots: roots,
    remoteAttachmentRoots: roots,
    mediaMaxMb: fc.integer({ min: 1, max: 2_000 }),
    region: fc.constantFrom("US", "DE"),
    markdown: fc.constantFrom({ tables: "off" }, { tables: "code" }),
    commands: fc.record({ config: fc.boolean(), ownerAllowFrom: handles }, { requiredKeys: [] }),
    configWrites: fc.boolean(),
  },
  { requiredKeys: [] },
);

const account = fc.constantFrom("acc_1", "acc_2", "acc_3");
export const rightDocument = fc
  .tuple(settings, fc.option(fc.dictionary(account, settings, { maxKeys: 3 }), { nil: undefined }))
  .map(([root, accounts]) => (accounts === undefined ? root : Object.assign(root, { accounts })));

/** The same with one thing that may be wrong in it. */
const touchedDocument = fc
  .tuple(
    rightDocument,
    fc.constantFrom<string>(...SETTING_NAMES, "accounts", "constructor", "x"),
    fc.jsonValue(),
  )
  .map(([document, key, value]) => Object.fromEntries([...Object.entries(document), [key, value]]));

export const plausibleDocument = fc.oneof(rightDocument, touchedDocument);

/** Whatever JavaScript has. */
export const anyDocument = fc.oneof(
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withNullPrototype: true }),
  fc.dictionary(fc.constantFrom<string>(...SETTING_NAMES, "accounts", "__proto__"), fc.anything(), {
    maxKeys: 5,
  }),
  fc.jsonValue(),
);
