import type { ReactElement, ReactNode } from 'react'
import { classNames } from './class-names.ts'

/** What a word means for whoever reads it, and so its colour. */
export type Tone = 'good' | 'busy' | 'waiting' | 'bad' | 'plain'

const TONES: Readonly<Record<Tone, string>> = {
  good: 'bg-good-soft text-good',
  busy: 'bg-busy-soft text-busy',
  waiting: 'bg-waiting-soft text-waiting',
  bad: 'bg-bad-soft text-bad',
  plain: 'bg-raised text-muted',
}

type BadgeProps = { tone: Tone; isPulsing?: boolean; children: ReactNode }

/** A state in a word or two. */
export function Badge({ tone, isPulsing = false, children }: BadgeProps): ReactElement {
  return (
    <span
      className={classNames(
        'inline-flex items-center gap-1.5 rounded-full px-2 py-0.5 text-xs font-medium whitespace-nowrap',
        TONES[tone],
      )}
    >
      <span
        aria-hidden="true"
        className={classNames('size-1.5 rounded-full bg-current', isPulsing && 'animate-pulse')}
      />
      {children}
    </span>
  )
}
