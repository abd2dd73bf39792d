// The documentation site. Its pages are the Markdown files of the repository, as a forge shows them: README.md is the first.

import { defineConfig } from 'vitepress'
import { anchorOf } from './anchors.ts'

const page = (text: string, file: string) => ({ text, link: `/${file}` })

const start = [
  page('Quick start', ''),
  page('The command line', 'docs/command-line'),
  page('Concepts', 'docs/concepts'),
]

const products = [
  page('Inside your program', 'docs/library'),
  page('In your own transaction', 'docs/transactions'),
  page('The client', 'packages/client/README'),
]

const dialects = [
  page('Tutorial', 'docs/dialects'),
  page('The forms of a dialect', 'docs/dialect-forms'),
  page('All options', 'docs/dialect-reference'),
]

const receiving = [
  page('Receivers', 'docs/receiving'),
  page('The verifier', 'packages/verify/README'),
  page('Endpoints without a URL', 'docs/polling'),
]

const pages = [page('The dashboard', 'docs/dashboard'), page('The portal', 'docs/portal')]

const operate = [
  page('Configure, run, recover', 'docs/operating'),
  page('Deploy', 'docs/deploy'),
  page('Several nodes', 'docs/scaling'),
  page('Reliability', 'docs/reliability'),
  page('Performance', 'docs/performance'),
  page('Security', 'SECURITY'),
  page('Changes', 'CHANGELOG'),
]

const reference = [
  page('Settings', 'docs/operating#settings'),
  page('API', 'docs/api-reference'),
  page('Errors', 'docs/errors'),
  page('Metrics', 'docs/operating#health-and-metrics'),
  page('Commands', 'docs/command-line#commands'),
  page('Architecture', 'ARCHITECTURE'),
  page('Tests', 'test/README'),
]

export default defineConfig({
  title: 'Posthorn',
  description: "A self-hosted service that sends webhooks and speaks your product's own webhook API",
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  srcDir: '..',
  srcExclude: ['src/**', 'examples/**', 'ui/**'],
  rewrites: { 'README.md': 'index.md' },
  outDir: 'dist',
  cacheDir: '../node_modules/.cache/vitepress',
  ignoreDeadLinks: 'localhostLinks',
  vite: {
    plugins: [
      {
        name: 'vue-of-this-folder',
        enforce: 'pre',
        // A page outside this folder would search Vue in the folder above, which has none.
        resolveId(id, _page, options) {
          return /^vue(?:\/|$)/.test(id) ? this.resolve(id, import.meta.filename, { ...options, skipSelf: true }) : null
        },
      },
    ],
  },
  markdown: {
    anchor: { slugify: anchorOf },
    config: (markdown) => {
      markdown.core.ruler.push('pages', ({ tokens }) => {
        for (const token of tokens) {
          if (token.type === 'code_block') Object.assign(token, { type: 'fence', info: 'sh' })
          adaptLinks(token.children ?? [])
        }
      })
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      page('Start', ''),
      page('Your own dialect', 'docs/dialects'),
      page('Receiving', 'docs/receiving'),
      page('Operate', 'docs/operating'),
      page('Compare', 'docs/compare'),
    ],
    sidebar: [
      { text: 'Start', items: start },
      { text: 'Publishing', items: products },
      { text: 'Your own dialect', items: dialects },
      { text: 'Receiving', items: receiving },
      { text: 'Dashboard and portal', items: pages },
      { text: 'Operate', items: operate },
      { text: 'Reference', items: reference },
      page('Compare', 'docs/compare'),
    ],
  },
})

/** Leads links to README.md to the first page. Links to files that are no pages become plain text. */
function adaptLinks(tokens: { type: string; attrGet(name: string): string | null }[]): void {
  let isSource = false
  for (const token of tokens) {
    const href = token.attrGet('href') ?? ''
    if (token.type === 'link_open') isSource = !/^\w+:|^#|\.md(?:#|$)/.test(href)
    if (isSource && token.type.startsWith('link_')) Object.assign(token, { tag: 'span', attrs: null })
    const [readme] = /^(?:\.\.\/)+README\.md(?=#|$)/.exec(href) ?? []
    if (readme !== undefined) Object.assign(token, { attrs: [['href', href.replace(readme, '/')]] })
  }
}
