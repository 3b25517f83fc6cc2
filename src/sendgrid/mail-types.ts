/**
 * Bodies of `POST /v3/mail/send`, in SendGrid's names.
 *
 * @source sendgrid-oai (SendMail)
 * @module
 */

export interface MailAddress {
  email: string;
  name?: string;
}

/** One message: who gets it, and what is different in it. */
export interface Personalization {
  to: MailAddress[];
  /** A sender other than that of all. */
  from?: MailAddress;
  cc?: MailAddress[];
  bcc?: MailAddress[];
  subject?: string;
  headers?: Record<string, string>;
  /** For legacy templates. */
  substitutions?: Record<string, string>;
  /** For dynamic templates. */
  dynamic_template_data?: Record<string, unknown>;
  /** Come back in events. At most 10,000 bytes. */
  custom_args?: Record<string, string>;
  /** Unix seconds. */
  send_at?: number;
}

/** `text/plain` comes before `text/html`. */
export interface Content {
  type: string;
  value: string;
}

export interface Attachment {
  /** Base64. */
  content: string;
  filename: string;
  type?: string;
  disposition?: 'inline' | 'attachment';
  /** For `cid:` in HTML. */
  content_id?: string;
}

interface Switch {
  enable?: boolean;
}

export interface Mail {
  /** At most 1,000, with at most 1,000 recipients in all. */
  personalizations: Personalization[];
  from: MailAddress;
  reply_to?: MailAddress;
  reply_to_list?: MailAddress[];
  subject?: string;
  content?: Content[];
  /** A whole mail may have 30 MB. */
  attachments?: Attachment[];
  template_id?: string;
  headers?: Record<string, string>;
  /** At most 10. */
  categories?: string[];
  /** Unix seconds, at most 72 hours ahead. */
  send_at?: number;
  batch_id?: string;
  /** The group of unsubscribes that the mail belongs to. */
  asm?: { group_id: number; groups_to_display?: number[] };
  ip_pool_name?: string;
  mail_settings?: {
    bypass_list_management?: Switch;
    bypass_spam_management?: Switch;
    bypass_bounce_management?: Switch;
    bypass_unsubscribe_management?: Switch;
    footer?: Switch & { text?: string; html?: string };
    /** The mail is checked and not sent. */
    sandbox_mode?: Switch;
  };
  tracking_settings?: {
    click_tracking?: Switch & { enable_text?: boolean };
    open_tracking?: Switch & { substitution_tag?: string };
    subscription_tracking?: Switch & { text?: string; html?: string; substitution_tag?: string };
    ganalytics?: Switch & {
      utm_source?: string;
      utm_medium?: string;
      utm_term?: string;
      utm_content?: string;
      utm_campaign?: string;
    };
  };
}

/** SendGrid answers with an empty body; this is a header of it. */
export interface MailAccepted {
  /** Begins the `sg_message_id` of events; absent in sandbox mode. */
  message_id?: string;
}
