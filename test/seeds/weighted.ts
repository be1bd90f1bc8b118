/** What may happen, and how often it does beside the others. */
export type Weighted = readonly (readonly [weight: number, action: () => void])[];

/** Does one of them; `random` says which. */
export function doOne(actions: Weighted, random: () => number): void {
  let ticket = random() * actions.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, action] of actions) {
    ticket -= weight;
    if (ticket >= 0) continue;
    action();
    return;
  }
}
