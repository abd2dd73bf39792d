import { Page } from '../../../shared/parts/Page.tsx'

export function Replays() {
  return <Page title="Replays">{null}</Page>
}
