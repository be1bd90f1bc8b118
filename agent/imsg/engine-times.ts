// The waits of imsg's keeper, in milliseconds: by themselves, since the settings name them and the keeper reads those.

export interface LaneTimes {
  readonly livenessMs: number;
  readonly restartMs: number;
  readonly restartMaxMs: number;
}

export interface EngineTimes extends LaneTimes {
  readonly databaseLookMs: number;
}
