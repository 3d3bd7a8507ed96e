import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import StatusIndicator from '@cloudscape-design/components/status-indicator'
import { ProblemAlert } from './problem-alert.tsx'

/** A page about one thing that has not come yet: it loads, or it could not be loaded. */
export const PageWithoutData = ({
  title,
  loading,
  failed,
  error,
  onRetry,
}: {
  title: string
  /** What is waited for, and that it did not come, in words. */
  loading: string
  failed?: string
  error: unknown
  onRetry: () => void
}) => (
  <SpaceBetween size="m">
    <Header variant="h1">{title}</Header>
    {error === null || error === undefined ? (
      <StatusIndicator type="loading">{loading}</StatusIndicator>
    ) : (
      <ProblemAlert
        {...(failed !== undefined && { title: failed })}
        error={error}
        onRetry={onRetry}
      />
    )}
  </SpaceBetween>
)
