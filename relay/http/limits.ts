// How much the Worker answers to those whom no object has vouched for yet. By isolate, in memory; of each rate ten
// seconds' worth goes at once (relay/rate.ts).

/** Requests without a key that could count, or about an id that was never issued: nobody's bucket, shared by all such. */
export const GUESSES_A_SECOND = 100;

/** Of one key whose secret no object has confirmed in this isolate: a wrong secret costs its account a look. */
export const UNPROVEN_A_SECOND = 50;

/** Keys known to be right in this isolate; the oldest is asked about again. */
export const MAX_PROVEN_KEYS = 10_000;

/** The operator's key: as much as the usual quota of any other one. */
export const OPERATOR_A_SECOND = 500;

/** At one account: a Mac comes once a second at most, a code is looked at a few times. */
export const KNOCKS_A_SECOND = 20;

/** At one account, with something that was issued for one use or one file: as much as a key may usually ask. */
export const BEARERS_A_SECOND = 500;
