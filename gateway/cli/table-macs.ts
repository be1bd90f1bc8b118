// The commands for the Macs of an account.
import type { CommandEntry } from "./command-entry.ts";

const WHOSE = [
  "--account ACC         of this account, instead of the login's: an id, the end of one, or a name",
  "--tenant TENANT       whose --account is: an id, or with the operator's key the end of one, or a name;",
  "                      found by the login's account where IMSG_RELAY_OPERATOR_KEY is set",
  "--relay URL           at this relay, instead of the login's; needs IMSG_RELAY_OPERATOR_KEY there",
  "--json                for programs: one JSON object a line, and nothing else on standard output",
];
const NEEDS = [
  "The login's key needs the scope manage; where IMSG_RELAY_OPERATOR_KEY is set, that is used.",
  "imsg-relay --help has the exit codes.",
];

export const MAC_COMMANDS: readonly (readonly [string, CommandEntry])[] = [
  [
    "enrol",
    {
      usage: "enrol [--takeover] [OPTIONS]",
      isStrict: true,
      options: { "--takeover": "flag", "--account": "value", "--tenant": "value", "--relay": "value" },
      summary: "Make a code with which one Mac joins the account, and print the command for that Mac.",
      more: [
        "",
        "The code works once, for 10 minutes. The Mac shows whose relay and account it is, and asks, before it joins.",
        "",
        "--takeover            the command moves the account: every other Mac of it is shut out when the new one joins",
        ...WHOSE,
        "",
        "Examples:",
        "  imsg-relay enrol",
        "  imsg-relay enrol --account 'Front desk' --tenant Acme",
        "  imsg-relay enrol --json | jq -r .command",
        "",
        ...NEEDS,
      ],
    },
  ],
  [
    "installs",
    {
      usage: "installs ACTION … [OPTIONS]",
      isStrict: true,
      options: { "--account": "value", "--tenant": "value", "--all": "flag", "--relay": "value" },
      summary: "Say which Macs are enrolled in the account, and shut one out.",
      more: [
        "",
        "list                  those that may come; with --all, those that were shut out as well",
        "revoke MAC            shut this one out: its connection ends at once, and its key counts no longer",
        "",
        "MAC is the id of an install, the end of one, or its name.",
        "",
        "--all                 list: also those that are over, with why and when",
        ...WHOSE,
        "",
        "Examples:",
        "  imsg-relay installs list --all",
        '  imsg-relay installs revoke "Mac mini"',
        "",
        ...NEEDS,
      ],
    },
  ],
];
