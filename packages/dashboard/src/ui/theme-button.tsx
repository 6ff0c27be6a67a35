import { useState, type ReactElement } from 'react'
import { storeTheme, storedTheme, THEMES, type Theme } from '../theme.ts'
import { Button } from './button.tsx'
import type { IconName } from './icon.tsx'

const LOOKS: Readonly<Record<Theme, { icon: IconName; label: string }>> = {
  system: { icon: 'screen', label: 'Colours: as the device' },
  light: { icon: 'sun', label: 'Colours: light' },
  dark: { icon: 'moon', label: 'Colours: dark' },
}

/** Goes through the choices one by one. */
export function ThemeButton(): ReactElement {
  const [theme, setTheme] = useState(storedTheme)
  const choose = (): void => {
    const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system'
    storeTheme(next)
    setTheme(next)
  }
  const { icon, label } = LOOKS[theme]
  return (
    <Button kind="quiet" icon={icon} className="px-2" onClick={choose} title={label}>
      <span className="sr-only" aria-live="polite">
        {label}
      </span>
    </Button>
  )
}
