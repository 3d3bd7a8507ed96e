import Modal from '@cloudscape-design/components/modal'
import Spinner from '@cloudscape-design/components/spinner'
import { isSignedOut } from '../api/client.ts'
import { CallerProvider } from '../api/context.tsx'
import { LIVE, useCall } from '../api/use-call.ts'
import { ProblemAlert } from '../components/problem-alert.tsx'
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
        <Frame />
        {signedOut && (
          <Modal visible header={signIn.again} closeAriaLabel={shell.close}>
            <SignInForm hint={signIn.againHint} inPlace onSignedIn={onSignedIn} />
          </Modal>
        )}
      </CallerProvider>
    )
  if (isSignedOut(error)) return <SignInPage onSignedIn={onSignedIn} />
  if (error) return <ProblemAlert error={error} onRetry={() => void refetch()} />
  return <Spinner size="large" />
}
