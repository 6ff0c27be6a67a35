import { seededNumbers } from '../support/seeded-numbers.ts'
import { pickOf, seedOf, type Fault } from './options.ts'

/** Of tasks, when something may go wrong at the provider: the others have an easy life. */
const UNLUCKY_SHARE = 0.35

/** Markers for the simulator, by fault. What strikes a create leaves Reelay without an answer, the job made or not. */
const FATES: Readonly<Partial<Record<Fault, readonly string[]>>> = {
  reset: [
    '[up:create=reset]',
    '[up:create=reset-after-accept]',
    '[up:poll=reset*2]',
    '[up:content=reset*1]',
    '[up:content=truncated*1]',
  ],
  timeout: [
    '[up:create=timeout]',
    '[up:create=timeout-after-accept]',
    '[up:poll=timeout]',
    '[up:content=stalled*1]',
  ],
  errors: [
    '[up:create=503]',
    '[up:create=502-after-accept]',
    '[up:create=slow]',
    '[up:create=noid-after-accept]',
    '[up:poll=503,html]',
    '[up:content=html*1]',
    '[up:failed=no]',
  ],
}

/** What one task asks for, and what will become of it at the provider: the same for the same seed. */
export function promptOf(seed: number, index: number, faults: readonly Fault[]): string {
  const random = seededNumbers(seedOf(seed, 'fate', index))
  const kinds = faults.filter((fault) => FATES[fault] !== undefined)
  const isUnlucky = kinds.length > 0 && random() < UNLUCKY_SHARE
  const fate = isUnlucky ? pickOf(FATES[pickOf(kinds, random)] ?? [], random) : ''
  const link = random() < 0.5 ? '[up:no-url]' : ''
  return `chaos-${seed}-${index} [up:steps=queued,running:40,done] ${link} ${fate}`.trimEnd()
}
