import '@cloudscape-design/global-styles/index.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { ConsoleSettings } from '#core/contracts/console.ts'
import { App } from './app.tsx'
import { preload } from './pages/pages.ts'
import { withoutDrafts } from './session/drafts.ts'
import { passwordSession } from './session/password.ts'
import type { Session } from './session/session.ts'
import { pageAt } from './shell/trail.ts'

const readSettings = async (): Promise<ConsoleSettings> => {
  const answer = await fetch('/settings.json')
  return ConsoleSettings.parse(await answer.json())
}

/** Comes back from Cognito's pages where the person was sent there. Its code is loaded only where Cognito is used. */
const sessionOf = async (settings: ConsoleSettings): Promise<Session> => {
  if (settings.signIn === 'password') return passwordSession()
  const { cognitoSession, CALLBACK_PATH } = await import('./session/cognito.ts')
  const session = cognitoSession(settings)
  if (location.pathname === CALLBACK_PATH) history.replaceState(null, '', await session.arrive())
  return session
}

const root = document.getElementById('root')
if (root)
  try {
    // While it is asked who is there: over a slow line each question takes its time.
    preload(pageAt(location.pathname))
    const session = withoutDrafts(await sessionOf(await readSettings()))
    createRoot(root).render(
      <StrictMode>
        <App session={session} />
      </StrictMode>,
    )
  } catch (error) {
    // Nothing of ours stands yet that could show it better.
    root.textContent = `The console cannot start: ${error instanceof Error ? error.message : String(error)} Load the page again; if it happens twice, ask whoever runs XenKeep.`
  }
