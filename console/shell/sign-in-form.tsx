import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import FormField from '@cloudscape-design/components/form-field'
import Input from '@cloudscape-design/components/input'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useApi } from '../api/context.tsx'
import { ProblemAlert } from '../components/problem-alert.tsx'
import { signIn as words } from '../text/shell.ts'

interface SignInFormProps {
  hint?: string
  /** Over a page that has to stay: nobody is sent away from it. */
  inPlace?: boolean
  onSignedIn: () => void
}

export const SignInForm = ({ hint, inPlace, onSignedIn }: SignInFormProps) => {
  const { signIn } = useApi().session
  if (signIn.kind === 'password')
    return <PasswordForm hint={hint} withPassword={signIn.withPassword} onSignedIn={onSignedIn} />
  const here = location.pathname + location.search
  return (
    <SpaceBetween size="m">
      <Box variant="p">{hint ?? words.redirectHint}</Box>
      {inPlace ? (
        <>
          <Box variant="p">{words.againElsewhere}</Box>
          <Button variant="primary" href="/" target="_blank" iconName="external">
            {words.openTab}
          </Button>
        </>
      ) : (
        <Button variant="primary" onClick={() => void signIn.go(here)}>
          {words.redirect}
        </Button>
      )}
    </SpaceBetween>
  )
}

const PasswordForm = ({
  hint,
  withPassword,
  onSignedIn,
}: {
  hint: string | undefined
  withPassword: (password: string) => Promise<void>
  onSignedIn: () => void
}) => {
  const [password, setPassword] = useState('')
  const signingIn = useMutation({
    mutationFn: () => withPassword(password),
    onSuccess: () => {
      setPassword('')
      onSignedIn()
    },
  })
  return (
    <form
      onSubmit={event => {
        event.preventDefault()
        if (!signingIn.isPending) signingIn.mutate()
      }}
    >
      <SpaceBetween size="m">
        {hint !== undefined && <Box variant="p">{hint}</Box>}
        {signingIn.error && <ProblemAlert error={signingIn.error} title={words.wrongTitle} />}
        <FormField label={words.password} description={words.passwordHint}>
          <Input
            type="password"
            value={password}
            autoFocus
            autoComplete="current-password"
            ariaRequired
            onChange={({ detail }) => setPassword(detail.value)}
          />
        </FormField>
        <Button variant="primary" formAction="submit" loading={signingIn.isPending}>
          {words.submit}
        </Button>
      </SpaceBetween>
    </form>
  )
}
