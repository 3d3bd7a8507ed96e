import { CallerProvider } from '../api/context.tsx'
import { isSignedOut } from '../api/problem.ts'
import { LIVE, useCall } from '../api/use-call.ts'
import { Dialogue } from '../components/dialogue.tsx'
import { PageWithoutData } from '../components/page-without-data.tsx'
import { shell, signIn } from '../text/shell.ts'
import { Frame } from './frame.tsx'
import { SignInForm } from './sign-in-form.tsx'
import { SignInPage } from './sign-in-page.tsx'

/**
 * Lets in who has signed in. Once somebody is in, the page they work on stays where it is, whatever happens to their session: they sign in above it, and
 * nothing that they typed is lost.
 */
export const Gate = ({ signedOut, onSignedIn }: { signedOut: boolean; onSignedIn: () => void }) => {
  const { data: caller, error, refetch } = useCall('getCaller', {}, { every: LIVE.slow })
  if (caller)
    return (
      <CallerProvider caller={caller}>
        {/* Another person who signs in above somebody's page begins at a page of their own. */}
        <Frame key={caller.name} />
        {signedOut && (
          <Dialogue title={signIn.again}>
            <SignInForm hint={signIn.againHint} inPlace onSignedIn={onSignedIn} />
          </Dialogue>
        )}
      </CallerProvider>
    )
  if (isSignedOut(error)) return <SignInPage onSignedIn={onSignedIn} />
  return (
    <main className="sign-in-page">
      <PageWithoutData
        {...{ title: shell.product, loading: signIn.asking, error }}
        onRetry={() => void refetch()}
      />
    </main>
  )
}
