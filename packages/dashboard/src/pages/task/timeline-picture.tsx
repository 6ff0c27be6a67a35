import type { ReactElement } from 'react'
import { formatSpan } from '../../format.ts'
import { classNames } from '../../ui/class-names.ts'
import type { Lane, TimelineLayout, Tone } from './timeline-layout.ts'

const SPANS: Readonly<Record<Tone, string>> = {
  waiting: 'bg-waiting-soft text-waiting',
  busy: 'bg-busy-soft text-busy',
  accent: 'bg-accent-soft text-accent',
  good: 'bg-good-soft text-good',
  bad: 'bg-bad-soft text-bad',
}

const MARKS: Readonly<Record<Tone, string>> = {
  waiting: 'bg-waiting',
  busy: 'bg-busy',
  accent: 'bg-accent',
  good: 'bg-good',
  bad: 'bg-bad',
}

/** Narrower ones would cut the word. */
const LABEL_WIDTH_MIN = 12

/** What happened, against time. The list below it says the same in words. */
export function TimelinePicture({ layout }: { layout: TimelineLayout }): ReactElement {
  return (
    <figure aria-label={summaryOf(layout)} className="text-xs">
      <div aria-hidden="true">
        {layout.lanes.map((lane) => (
          <LaneRow key={lane.label} lane={lane} ticks={layout.ticks} />
        ))}
        <div className="grid grid-cols-[5.5rem_minmax(0,1fr)] pt-1">
          <span />
          <div className="relative h-4 text-muted tabular-nums">
            {layout.ticks.map(({ left, seconds }) => (
              <span
                key={seconds}
                className={classNames('absolute whitespace-nowrap', left > 0 && '-translate-x-1/2')}
                style={{ left: `${left}%` }}
              >
                {seconds === 0 ? '0' : formatSpan(seconds)}
              </span>
            ))}
          </div>
        </div>
      </div>
    </figure>
  )
}

function LaneRow({ lane, ticks }: { lane: Lane; ticks: TimelineLayout['ticks'] }): ReactElement {
  return (
    <div className="grid grid-cols-[5.5rem_minmax(0,1fr)] items-center">
      <span className="text-muted">{lane.label}</span>
      <div className="relative h-8 border-b border-line">
        {ticks.map(({ left, seconds }) => (
          <span key={seconds} className="absolute inset-y-0 w-px bg-line" style={{ left: `${left}%` }} />
        ))}
        {lane.spans.map(({ left, width, tone, label }, index) => (
          <span
            key={index}
            title={label}
            className={classNames(
              'absolute top-1.5 bottom-1.5 overflow-hidden rounded px-1 leading-5',
              SPANS[tone],
            )}
            style={{ left: `${left}%`, width: `${width}%` }}
          >
            {width >= LABEL_WIDTH_MIN ? label : null}
          </span>
        ))}
        {lane.marks.map(({ left, tone, label }, index) => (
          <span
            key={index}
            title={label}
            className={classNames(
              'absolute top-1/2 size-2.5 -translate-x-1/2 -translate-y-1/2 rounded-full ring-2 ring-surface',
              MARKS[tone],
            )}
            style={{ left: `${left}%` }}
          />
        ))}
      </div>
    </div>
  )
}

function summaryOf({ seconds, lanes }: TimelineLayout): string {
  const counts = lanes.map(
    ({ label, spans, marks }) => `${label.toLowerCase()}: ${Math.max(spans.length, marks.length)}`,
  )
  return `Picture of ${formatSpan(seconds)}, with ${counts.join(', ')}. The list of events says the same in words.`
}
