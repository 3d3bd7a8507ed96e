import { applyMode, Mode } from '@cloudscape-design/global-styles'
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react'
import { z } from 'zod'
import { stored } from '../session/stored.ts'

const Preferences = z.object({
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  times: z.enum(['browser', 'utc']).default('browser'),
  /** The guide of the overview. */
  firstSteps: z.enum(['shown', 'hidden']).default('shown'),
})
export type Preferences = z.infer<typeof Preferences>

const kept = stored(() => localStorage, 'xenkeep.preferences', Preferences)

const PreferencesContext = createContext<{
  preferences: Preferences
  prefer: (change: Partial<Preferences>) => void
}>({ preferences: Preferences.parse({}), prefer: () => undefined })

export const usePreferences = () => useContext(PreferencesContext)

/** How this browser shows things: kept in the browser, told to nobody. */
export const PreferencesProvider = ({ children }: { children: ReactNode }) => {
  const [preferences, setPreferences] = useState(() => kept.read() ?? Preferences.parse({}))
  useDarkness(preferences.theme)
  const prefer = (change: Partial<Preferences>) => {
    const next = { ...preferences, ...change }
    kept.write(next)
    setPreferences(next)
  }
  return <PreferencesContext value={{ preferences, prefer }}>{children}</PreferencesContext>
}

const useDarkness = (theme: Preferences['theme']): void => {
  useEffect(() => {
    const system = matchMedia('(prefers-color-scheme: dark)')
    const print = matchMedia('print')
    const apply = () => {
      const dark = theme === 'dark' || (theme === 'system' && system.matches)
      // Paper is white, and browsers print no backgrounds.
      applyMode(dark && !print.matches ? Mode.Dark : Mode.Light)
    }
    apply()
    for (const query of [system, print]) query.addEventListener('change', apply)
    return () => {
      for (const query of [system, print]) query.removeEventListener('change', apply)
    }
  }, [theme])
}
