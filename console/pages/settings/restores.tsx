import Box from '@cloudscape-design/components/box'
import Container from '@cloudscape-design/components/container'
import Header from '@cloudscape-design/components/header'
import { useCaller } from '../../api/context.tsx'
import { settings } from '../../text/settings.ts'

const words = settings.restores

export const Restores = () => {
  const { restoreApproval } = useCaller()
  return (
    <Container header={<Header variant="h2">{words.title}</Header>}>
      <Box variant="p">
        {restoreApproval === undefined ? words.unknown : words.rules[restoreApproval]}
      </Box>
      <Box color="text-body-secondary">{words.where}</Box>
    </Container>
  )
}
