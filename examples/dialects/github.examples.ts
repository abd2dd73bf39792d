// Examples of GitHub's pages. Sources: README.md.

import type { Examples } from 'posthorn/dialect'

export const examples: Examples = {
  requests: [
    {
      route: 'POST /repos/{owner}/{repo}/hooks',
      body: {
        name: 'web',
        active: true,
        events: ['push', 'pull_request'],
        config: { url: 'https://example.com/webhook', content_type: 'json', insecure_ssl: '0' },
      },
      answer: {
        status: 201,
        // The addresses are those of the installation.
        varies: ['url', 'ping_url', 'deliveries_url'],
        body: {
          type: 'Repository',
          id: 12345678,
          name: 'web',
          active: true,
          events: ['push', 'pull_request'],
          config: { content_type: 'json', insecure_ssl: '0', url: 'https://example.com/webhook' },
          updated_at: '2019-06-03T00:57:16Z',
          created_at: '2019-06-03T00:57:16Z',
          last_response: { code: null, status: 'unused', message: null },
        },
      },
    },
    {
      route: 'GET /repos/{owner}/{repo}/hooks/{hook_id}',
      absentId: '1',
      answer: {
        status: 404,
        body: {
          message: 'Not Found',
          documentation_url: 'https://docs.github.com/rest/repos/webhooks',
          status: '404',
        },
      },
    },
  ],
  deliveries: [
    // The test value of "Validating webhook deliveries".
    {
      event: { type: 'push', data: 'Hello, World!' },
      endpoint: { details: { 'config.content_type': 'json' } },
      secret: "It's a Secret to Everybody",
      body: 'Hello, World!',
      headers: { 'X-Hub-Signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17' },
    },
    // The delivery of "Webhook events and payloads", shortened, as a form.
    {
      event: {
        type: 'issues',
        data: '{"action":"opened","issue":{"number":1347},"repository":{"id":1296269,"name":"Hello-World"}}',
      },
      delivery: '72d3162e-cc78-11e3-81ab-4c9367dc0958',
      endpoint: { id: '292430182' },
      secret: "It's a Secret to Everybody",
      body: 'payload=%7B%22action%22%3A%22opened%22%2C%22issue%22%3A%7B%22number%22%3A1347%7D%2C%22repository%22%3A%7B%22id%22%3A1296269%2C%22name%22%3A%22Hello-World%22%7D%7D',
      headers: {
        'Content-Type': 'application/x-www-form-urlencoded',
        'User-Agent': 'GitHub-Hookshot/044aadd',
        'X-GitHub-Delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
        'X-GitHub-Event': 'issues',
        'X-GitHub-Hook-ID': '292430182',
        'X-GitHub-Hook-Installation-Target-ID': '1296269',
        'X-GitHub-Hook-Installation-Target-Type': 'repository',
        'X-Hub-Signature': 'sha1=1df69d6d05476281b44e2843b619fbb6527d7649',
        'X-Hub-Signature-256': 'sha256=c398a223eec163a2a5d4c780f68ddc1fe7f94bb79f3f78e124322180ddbd47b0',
      },
    },
  ],
  retries: { attempts: 1, timeout: '10s' },
}
