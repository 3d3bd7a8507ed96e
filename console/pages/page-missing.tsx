import Alert from '@cloudscape-design/components/alert'
import { shell } from '../text/shell.ts'

export const PageMissing = () => (
  <Alert type="info" header={shell.pageMissing}>
    {shell.pageMissingAdvice}
  </Alert>
)
