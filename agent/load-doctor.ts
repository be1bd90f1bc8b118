// The doctor's code is loaded when somebody consults it: beside it, `run` would hold 3 MB more for as long as it lives.
import type { Doctor } from "./consult.ts";

export function loadDoctor(): Doctor {
  const doctor: Doctor = require("./consult.cjs");
  return doctor;
}
