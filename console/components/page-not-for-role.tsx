import Alert from '@cloudscape-design/components/alert'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'

/** A page that the person's role does not open: its title, and why. */
export const PageNotForRole = ({ title, reason }: { title: string; reason: string }) => (
  <SpaceBetween size="m">
    <Header variant="h1">{title}</Header>
    <Alert type="info">{reason}</Alert>
  </SpaceBetween>
)
