process.stdout.write('mailgate\n');
