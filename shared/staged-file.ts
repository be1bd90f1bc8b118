/** Begins the `file` of a send where it names one that was uploaded to the Mac, and no path of it. */
export const STAGED_FILE = "staged:";
