import type { ButtonHTMLAttributes, ReactElement } from 'react'
import { classNames } from './class-names.ts'
import { Icon, type IconName } from './icon.tsx'

export type ButtonKind = 'primary' | 'plain' | 'quiet' | 'danger'

const KINDS: Readonly<Record<ButtonKind, string>> = {
  primary: 'bg-accent text-on-accent border-transparent hover:bg-accent-strong',
  plain: 'bg-surface text-ink border-line hover:bg-raised',
  quiet: 'bg-transparent text-muted border-transparent hover:bg-raised hover:text-ink',
  danger: 'bg-surface text-bad border-line hover:bg-bad-soft',
}

const SHAPE =
  'inline-flex items-center justify-center gap-2 rounded-lg border text-sm font-medium transition-colors ' +
  'min-h-9 px-3 no-underline disabled:opacity-50 disabled:pointer-events-none whitespace-nowrap'

/** For links that look like buttons. */
export const buttonClass = (kind: ButtonKind = 'plain'): string => classNames(SHAPE, KINDS[kind])

export type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & {
  kind?: ButtonKind
  icon?: IconName
}

export function Button({ kind = 'plain', icon, className, children, ...rest }: ButtonProps): ReactElement {
  return (
    <button type="button" {...rest} className={classNames(buttonClass(kind), className)}>
      {icon === undefined ? null : <Icon name={icon} />}
      {children}
    </button>
  )
}
