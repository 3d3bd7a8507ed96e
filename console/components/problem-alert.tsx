import Alert from '@cloudscape-design/components/alert'
import Box from '@cloudscape-design/components/box'
import Button from '@cloudscape-design/components/button'
import { problemOf } from '../api/problem.ts'
import { shell } from '../text/shell.ts'

/** What went wrong, what to do next, and the code that the documents explain. */
export const ProblemAlert = ({
  error,
  title,
  onRetry,
}: {
  error: unknown
  title?: string
  onRetry?: () => void
}) => {
  const { code, message, advice } = problemOf(error)
  return (
    <div role="alert">
      <Alert
        type="error"
        header={title ?? message}
        action={
          onRetry && (
            // Within a form it would send it.
            <Button formAction="none" onClick={onRetry}>
              {shell.retry}
            </Button>
          )
        }
      >
        {title !== undefined && <Box variant="p">{message}</Box>}
        <Box variant="p">{advice}</Box>
        <Box color="text-body-secondary" fontSize="body-s">
          {shell.code(code)}
        </Box>
      </Alert>
    </div>
  )
}
