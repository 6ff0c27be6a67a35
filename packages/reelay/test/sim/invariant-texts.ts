/** What the simulation holds true after every step, by the numbers under which these promises are kept elsewhere as well. */
export const INVARIANTS = {
  1: 'a create that was answered exists after any crash at any later instant',
  2: 'a create that was not answered is either absent or complete',
  3: 'same key and same content: the same video, for any number of concurrent copies',
  4: 'same key and other content: refused, and no new row',
  5: 'at most one billable request per attempt, stored before it leaves; another attempt only after a definite refusal',
  6: 'a crash between a request and storing its answer never leads to another request',
  7: 'a lost answer ends in unknown, and then in exactly one of adopted, refuted or submit_outcome_unknown',
  8: 'a job of a provider is owned by at most one task',
  9: 'every accepted task ends by its deadline, and no wake is lost',
  10: 'the same with a provider that could not be asked for a while',
  11: 'a terminal state, its error and its time never change',
  12: 'progress never decreases, and the status only moves forward',
  13: 'a callback changes nothing of a task but when it is looked at next; a forged one not even that',
  14: 'nothing that a callback claims is believed: only what the provider itself says of that job',
  15: 'a callback that was answered with 2xx is stored, byte for byte',
  16: 'a flood of callbacks causes one look a second at most, and bounded rows',
  17: 'completed only with the bytes here, their length and hash stored',
  18: 'a download that is cut, empty or something else is never archived',
  19: 'a crash while archiving leaves no file behind that nobody names',
  20: 'each status gives each address one event, whose id is the same on every retry',
  21: 'a delivery ends, and a dead address delays no other',
  26: 'two processes never hold the same lease; whoever lost it writes nothing',
  27: 'a clock that is set loses no task and causes no storm',
  28: 'without a store creates are refused and nothing is asked of a provider; then all goes on',
  29: 'a stop in order is over within ten seconds',
} as const

export type Invariant = keyof typeof INVARIANTS

export const INVARIANT_NUMBERS: readonly Invariant[] = Object.keys(INVARIANTS).map(
  (number) => Number(number) as Invariant,
)
