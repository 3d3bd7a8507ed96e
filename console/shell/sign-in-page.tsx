import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import { signIn } from '../text/shell.ts'
import { SignInForm } from './sign-in-form.tsx'
import './sign-in-page.css'

export const SignInPage = ({ onSignedIn }: { onSignedIn: () => void }) => (
  <main className="sign-in-page">
    <Box padding="l">
      <Container header={<Header variant="h1">{signIn.title}</Header>}>
        <SignInForm onSignedIn={onSignedIn} />
      </Container>
    </Box>
  </main>
)
