import Alert from '@cloudscape-design/components/alert'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'

/** In the place of what the person's role does not open: its title, and why. */
export const NotForRole = ({
  title,
  heading = 'page',
  reason,
}: {
  title: string
  /** Whether that is the page, or a section of one. */
  heading?: 'page' | 'section'
  reason: string
}) => (
  <SpaceBetween size="m">
    <Header variant={heading === 'page' ? 'h1' : 'h2'}>{title}</Header>
    <Alert type="info">{reason}</Alert>
  </SpaceBetween>
)
