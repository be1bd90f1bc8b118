// `doctor`: looks at everything that must be right for this Mac to serve, and says what to do about what is not.
import { CHECK_IDS, type CheckId } from "../doctor/check-ids.ts";
import { loadDoctor } from "../load-doctor.ts";
import { complain, EXIT, JSON_HELP, PROFILE_HELP, PROFILE_OPTION, type Command } from "./command.ts";
import { openFiles, profileOf } from "./profile.ts";

export const doctor: Command = {
  name: "doctor",
  args: "",
  summary: "look at everything that must be right, and say what to do about what is not",
  options: {
    ...PROFILE_OPTION,
    json: { type: "boolean" },
    offline: { type: "boolean" },
    only: { type: "string" },
    verbose: { type: "boolean" },
  },
  optionHelp: {
    ...PROFILE_HELP,
    ...JSON_HELP,
    offline: "leave the network alone",
    "only ID": `one check: ${CHECK_IDS.slice(0, 5).join(", ")}, … (--json has them all)`,
    verbose: "say what was seen, too",
  },
  run: async (input) => {
    const { options, environment } = input;
    const files = openFiles(input);
    if (typeof files === "number") return files;
    const { only } = options;
    if (only !== undefined && !isCheckId(only)) {
      complain(`there is no check "${String(only)}"; there are ${CHECK_IDS.join(", ")}`);
      return EXIT.usage;
    }
    return await loadDoctor().consult({
      files,
      profile: profileOf(input),
      environment,
      only,
      isOffline: options["offline"] === true,
      isJson: options["json"] === true,
      isVerbose: options["verbose"] === true,
    });
  },
};

const isCheckId = (text: unknown): text is CheckId => CHECK_IDS.some((id) => id === text);
