// Examples of WooCommerce's pages. Sources: README.md.

import type { Examples } from 'posthorn/dialect'

export const examples: Examples = {
  requests: [
    {
      route: 'POST /wp-json/wc/v3/webhooks',
      body: { name: 'Order updated', topic: 'order.updated', delivery_url: 'http://requestb.in/1g0sxmo1' },
      answer: {
        status: 201,
        // The list of hooks grows with the versions, and the addresses are those of the installation.
        varies: ['hooks', '_links'],
        body: {
          id: 142,
          name: 'Order updated',
          status: 'active',
          topic: 'order.updated',
          resource: 'order',
          event: 'updated',
          delivery_url: 'http://requestb.in/1g0sxmo1',
          date_created: '2016-05-15T23:17:52',
          date_created_gmt: '2016-05-15T20:17:52',
          date_modified: '2016-05-15T23:17:52',
          date_modified_gmt: '2016-05-15T20:17:52',
        },
      },
    },
    {
      route: 'GET /wp-json/wc/v3/webhooks',
      key: 'none',
      answer: {
        status: 401,
        body: {
          code: 'woocommerce_rest_cannot_view',
          message: 'Sorry, you cannot list resources.',
          data: { status: 401 },
        },
      },
    },
  ],
  deliveries: [
    {
      event: { type: 'order.updated', data: '{"id":727,"status":"completed"}' },
      tenant: 'example.com',
      endpoint: { id: '142' },
      secret: 'my-super-secret-private-key',
      body: '{"id":727,"status":"completed"}',
      headers: {
        'Content-Type': 'application/json',
        'X-WC-Webhook-Source': 'https://example.com/',
        'X-WC-Webhook-Topic': 'order.updated',
        'X-WC-Webhook-Resource': 'order',
        'X-WC-Webhook-Event': 'updated',
        'X-WC-Webhook-Signature': 'jGCnUETygPP/GngwdOvEDUWkcLOWdny5KC6YoIW8Ukc=',
        'X-WC-Webhook-ID': '142',
      },
    },
  ],
  retries: { attempts: 1, timeout: '60s' },
}
