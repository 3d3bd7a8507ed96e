import { I18nProvider } from '@cloudscape-design/components/i18n'
import messages from '@cloudscape-design/components/i18n/messages/all.en'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { useEffect, useMemo, useState } from 'react'
import { apiClient } from './api/client.ts'
import { ApiProvider } from './api/context.tsx'
import { isTriedAgain, pauseAfter } from './api/patience.ts'
import { NoticesProvider } from './components/notices.tsx'
import { PreferencesProvider } from './components/preferences.tsx'
import type { Session } from './session/session.ts'
import { Gate } from './shell/gate.tsx'

export const App = ({ session }: { session: Session }) => {
  const [signedOut, setSignedOut] = useState(false)
  const [queries] = useState(
    () =>
      new QueryClient({
        defaultOptions: {
          // A control plane on this very machine answers also where there is no network.
          mutations: { networkMode: 'always' },
          queries: {
            networkMode: 'always',
            retry: isTriedAgain,
            retryDelay: pauseAfter,
            staleTime: 1_000,
          },
        },
      }),
  )
  const api = useMemo(
    () => ({ session, client: apiClient(session, () => setSignedOut(true)) }),
    [session],
  )
  // Another tab has signed in: this one goes on.
  useEffect(() => {
    if (!signedOut) return undefined
    const look = () => {
      void session.authorization().then(authorization => {
        if (authorization !== undefined) onSignedIn()
      })
    }
    addEventListener('storage', look)
    addEventListener('focus', look)
    return () => {
      removeEventListener('storage', look)
      removeEventListener('focus', look)
    }
  })
  const onSignedIn = () => {
    setSignedOut(false)
    void queries.invalidateQueries()
  }
  return (
    <I18nProvider locale="en" messages={[messages]}>
      <PreferencesProvider>
        <NoticesProvider>
          <QueryClientProvider client={queries}>
            <ApiProvider api={api}>
              <Gate signedOut={signedOut} onSignedIn={onSignedIn} />
            </ApiProvider>
          </QueryClientProvider>
        </NoticesProvider>
      </PreferencesProvider>
    </I18nProvider>
  )
}
