import type { ReactElement } from 'react'
import { classNames } from './class-names.ts'

/** Drawn on 24 x 24 with a line of 1.75. */
const PATHS = {
  film: 'M4 5h16v14H4zM8 5v14M16 5v14M4 9.7h4M4 14.3h4M16 9.7h4M16 14.3h4',
  wand: 'M5 19 15.5 8.5M17 3v4M15 5h4M19.5 11.5v3M18 13h3M9 4v2.6M7.7 5.3h2.6',
  plug: 'M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4',
  bell: 'M6 16V11a6 6 0 1 1 12 0v5l1.5 2h-15zM10 20.5h4',
  key: 'M8 11a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM10.9 12.2 19.5 3.5M15 8l3 3M17.6 5.4l2.4 2.4',
  folder: 'M3.5 6.5h6l2 2.5h9v9.5h-17z',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2.5v2M12 19.5v2M4.6 4.6 6 6M18 18l1.4 1.4M2.5 12h2M19.5 12h2M4.6 19.4 6 18M18 6l1.4-1.4',
  moon: 'M20 14.2A8.2 8.2 0 0 1 9.8 4 8.2 8.2 0 1 0 20 14.2Z',
  screen: 'M3.5 5h17v11h-17zM9 20h6M12 16v4',
  leave: 'M14 4H5.5v16H14M10.5 12H21M17.5 8.5 21 12l-3.5 3.5',
  download: 'M12 4v11M7.5 10.8 12 15.3l4.5-4.5M4.5 19.5h15',
  trash: 'M4.5 6.5h15M9 6.5V4h6v2.5M6.5 6.5l1 13.5h9l1-13.5M10 10.5v6M14 10.5v6',
  stop: 'M7 7h10v10H7z',
  copy: 'M9 9h11v11H9zM15 9V4H4v11h5',
  check: 'M4.5 12.5 10 18 19.5 6.5',
  close: 'M6 6l12 12M18 6 6 18',
  play: 'M8 5.5v13l10.5-6.5z',
  image: 'M3.5 5h17v14h-17zM3.5 16l5-4.5 4 3.5 3-2.5 5 4M15.5 9.2h.01',
  alert: 'M12 3.5 22 20H2zM12 10v4.5M12 17.2v.01',
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.5 15.5 21 21',
  back: 'M19 12H5M11 6l-6 6 6 6',
  forward: 'M5 12h14M13 6l6 6-6 6',
  send: 'M20.5 3.5 3.5 10.5l7 3 3 7zM20.5 3.5l-10 10',
  again: 'M19.5 12a7.5 7.5 0 1 1-2.2-5.3L19.5 9M19.5 4v5h-5',
  edit: 'M4.5 19.5h4l11-11-4-4-11 11zM13 7l4 4',
  plus: 'M12 5v14M5 12h14',
  pause: 'M8.5 5.5v13M15.5 5.5v13',
  book: 'M5 4h11a3 3 0 0 1 3 3v13H8a3 3 0 0 1-3-3zM5 17a3 3 0 0 1 3-3h11',
} as const

export type IconName = keyof typeof PATHS

/** A picture beside words: never the only thing that says something. */
export function Icon({ name, className }: { name: IconName; className?: string }): ReactElement {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
      strokeLinejoin="round"
      className={classNames('size-[1.125rem] shrink-0', className)}
    >
      <path d={PATHS[name]} />
    </svg>
  )
}
