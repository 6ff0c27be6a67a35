import { z } from 'zod'

/** What a gateway process of the tests is told while it runs. */
export type GatewayCommand =
  | { do: 'begin' }
  /** So much time passes at once. */
  | { do: 'jump'; ms: number }
  /** The wall clock is set, to so much ahead of the system's. */
  | { do: 'set-wall'; aheadMs: number }

export const commandSchema: z.ZodType<GatewayCommand> = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('begin') }),
  z.strictObject({ do: z.literal('jump'), ms: z.number() }),
  z.strictObject({ do: z.literal('set-wall'), aheadMs: z.number() }),
])
