/** Nothing was moved, for a reason that its operator can do something about: the message says what. */
export class MoveRefused extends Error {
  override readonly name = 'MoveRefused'
}
