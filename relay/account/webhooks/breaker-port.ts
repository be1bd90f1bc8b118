/** What an account says of an attempt that failed. */
export interface FailureReport {
  readonly endpoint: string;
  /** The endpoint's round when it was made: what is said of another one is old. */
  readonly round: number;
  readonly chat: string;
  /** The last one that this account delivered there, ms. */
  readonly last_success_at: number | null;
  /** How long the endpoint asked to be left alone; 0 = it did not. */
  readonly retry_after_ms: number;
}

export interface FailureWord {
  /** Until when nobody tries; null = whoever likes. */
  readonly until: number | null;
  /** When some account delivered there last, as far as the tenant was told, ms. */
  readonly others_at: number | null;
}

/** What the tenant knows of an endpoint that all its accounts share. Times in ms. */
export interface Breaker {
  failed(report: FailureReport): Promise<FailureWord>;
  /** One was delivered: after one that was not, and now and then. */
  succeeded(endpoint: string, round: number): Promise<void>;
  /** May one attempt be made now? True = yes; else when to ask again. */
  mayProbe(endpoint: string): Promise<true | number>;
  /** It says that it is gone for good. */
  gone(endpoint: string, round: number): Promise<void>;
}
