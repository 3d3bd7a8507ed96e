import Box from '@cloudscape-design/components/box'
import Header from '@cloudscape-design/components/header'
import SpaceBetween from '@cloudscape-design/components/space-between'
import { shell } from '../text/shell.ts'

export const PageMissing = () => (
  <SpaceBetween size="m">
    <Header variant="h1">{shell.pageMissing}</Header>
    <Box>{shell.pageMissingAdvice}</Box>
  </SpaceBetween>
)
