//! Writing files and mails, as a player does.

use super::frame::Frame;
use super::{Brought, Play, Stop};
use crate::build::generators;
use crate::mail;
use counterpart_evidence::Cause;
use counterpart_plan::model::{AttachmentForm, Mail, Write, WriteWhat};
use std::path::{Component, Path};

impl Play {
    pub(crate) fn write(&self, write: &Write, index: u32, frame: &Frame) -> Result<Brought, Stop> {
        let path = self.rendered(&write.path, frame)?;
        let path = Path::new(&path);
        if path.components().any(|part| part == Component::ParentDir) {
            return Err(Stop::error(Cause::Simulator, format!("`{}` climbs out of its folder", path.display())));
        }
        let content = match &write.what {
            WriteWhat::Text(template) => self.rendered(template, frame)?.into_bytes(),
            WriteWhat::Mail(plan) => self.mail(plan, index, frame)?,
        };
        let failed =
            |error: std::io::Error| Stop::error(Cause::Environment, format!("could not write `{}`: {error}", path.display()));
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        // Written beside and renamed, so that whoever waits for it never sees half of it.
        let beside = path.with_extension("part");
        std::fs::write(&beside, content).and_then(|()| std::fs::rename(&beside, path)).map_err(failed)?;
        Ok(Brought::default())
    }

    fn mail(&self, plan: &Mail, index: u32, frame: &Frame) -> Result<Vec<u8>, Stop> {
        let mut generators =
            generators(self.shared.around.seed, &[&self.key, &frame.branch, "mail", &index.to_string()], &self.shared.clock);
        let boundary = format!("=_{}", generators.random.uuid());
        let mut attachments = Vec::new();
        for attachment in &plan.attachments {
            let content = self.evaluate(&attachment.content, frame)?;
            let text = content.as_str().map_or_else(|| content.to_string(), ToOwned::to_owned);
            let bytes = match attachment.form {
                AttachmentForm::Text => text.into_bytes(),
                AttachmentForm::Base64 => {
                    mail::unbase64(&text).ok_or_else(|| Stop::error(Cause::Simulator, "an attachment is not base64"))?
                }
            };
            attachments.push(mail::Part {
                name: self.rendered(&attachment.name, frame)?,
                media_type: attachment.media_type.clone(),
                bytes,
            });
        }
        let to: Result<Vec<String>, Stop> = plan.to.iter().map(|template| self.rendered(template, frame)).collect();
        let letter = mail::Letter {
            from: self.rendered(&plan.from, frame)?,
            to: to?,
            subject: self.rendered(&plan.subject, frame)?,
            text: self.rendered(&plan.text, frame)?,
            unix_ms: self.shared.clock.now_unix_ms(),
            attachments,
        };
        Ok(mail::render(&letter, &boundary))
    }
}
